-- errors by principal
SELECT useridentity.arn AS arn, errorcode, count(*) AS n FROM trail
WHERE errorcode IS NOT NULL GROUP BY 1, 2 ORDER BY n DESC, 1, 2 LIMIT 20
