-- distinct addresses per principal
SELECT useridentity.arn AS arn, count(DISTINCT sourceipaddress) AS n FROM trail
WHERE useridentity.arn IS NOT NULL GROUP BY 1 ORDER BY n DESC, 1 LIMIT 20
