-- three-way UNION
SELECT what, count(*) AS n FROM (
  SELECT 'delete' AS what FROM trail WHERE eventname LIKE 'Delete%'
  UNION ALL SELECT 'denied' FROM trail WHERE errorcode = 'AccessDenied'
  UNION ALL SELECT 'console' FROM trail WHERE useridentity.type = 'IAMUser' AND readonly = false) AS u
GROUP BY 1 ORDER BY 1
