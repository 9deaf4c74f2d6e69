-- approx_distinct, percentile
-- @check eventsource
SELECT eventsource, approx_distinct(sourceipaddress) AS addresses, approx_percentile(to_unixtime(eventtime), 0.9) AS p90 FROM trail GROUP BY 1 ORDER BY 1
-- @duckdb
SELECT eventsource, approx_count_distinct(sourceipaddress) AS addresses, approx_quantile(epoch(eventtime), 0.9) AS p90 FROM trail GROUP BY 1 ORDER BY 1
-- @clickhouse
SELECT eventsource, uniqHLL12(sourceipaddress) AS addresses, quantileTDigest(0.9)(toUnixTimestamp(eventtime)) AS p90 FROM trail GROUP BY 1 ORDER BY 1
