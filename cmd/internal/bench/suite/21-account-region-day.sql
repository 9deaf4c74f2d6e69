-- account × region × day
SELECT recipientaccountid, awsregion, CAST(eventtime AS date) AS day, count(*) AS n FROM trail GROUP BY 1, 2, 3 ORDER BY n DESC, 1, 2, 3 LIMIT 50
-- @clickhouse
SELECT recipientaccountid, awsregion, toDate(eventtime) AS day, count(*) AS n FROM trail GROUP BY 1, 2, 3 ORDER BY n DESC, 1, 2, 3 LIMIT 50
