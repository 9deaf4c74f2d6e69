-- LIKE '%Delete%'
SELECT eventname, count(*) AS n FROM trail WHERE eventname LIKE '%Delete%' GROUP BY 1 ORDER BY n DESC, 1
