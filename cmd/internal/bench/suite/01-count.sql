-- count
SELECT count(*) FROM trail
