-- top names
SELECT eventname, count(*) AS n FROM trail GROUP BY 1 ORDER BY n DESC, 1 LIMIT 20
