-- source × name
SELECT eventsource, eventname, count(*) AS n FROM trail GROUP BY 1, 2 ORDER BY n DESC, 1, 2 LIMIT 50
