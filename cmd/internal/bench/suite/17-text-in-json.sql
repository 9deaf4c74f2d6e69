-- text in eventjson
SELECT count(*) FROM trail WHERE eventjson LIKE '%AuthFailure%'
