-- latest 100, all columns
-- @check eventtime
SELECT * FROM trail ORDER BY eventtime DESC LIMIT 100
