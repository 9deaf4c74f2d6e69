-- one day
SELECT eventname, count(*) AS n FROM trail
WHERE eventtime >= TIMESTAMP '{{day}} 00:00:00' AND eventtime < TIMESTAMP '{{day}} 00:00:00' + INTERVAL '1' DAY
GROUP BY 1 ORDER BY n DESC, 1 LIMIT 20
