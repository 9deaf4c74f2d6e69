-- hours
SELECT date_trunc('hour', eventtime) AS h, count(*) AS n FROM trail GROUP BY 1 ORDER BY 1
