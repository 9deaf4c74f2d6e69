-- Query the view; the files hold events that have expired until their whole day has.
-- Events are kept for 366 days by eventtime; the view counts them from the engine's clock.
-- Run these in a catalog of the Hive connector, with its schema chosen by USE.
CREATE TABLE trail_files (
  eventversion varchar,
  useridentity row("type" varchar, "principalid" varchar, "arn" varchar, "accountid" varchar, "accesskeyid" varchar, "username" varchar, "sessioncontext" row("attributes" row("creationdate" timestamp(3), "mfaauthenticated" varchar), "sessionissuer" row("type" varchar, "principalid" varchar, "arn" varchar, "accountid" varchar, "username" varchar), "webidfederationdata" row("federatedprovider" varchar, "attributes" map(varchar, varchar)), "sourceidentity" varchar, "ec2roledelivery" varchar, "ec2issuedinvpc" varchar), "onbehalfof" row("userid" varchar, "identitystorearn" varchar), "inscopeof" row("sourcearn" varchar, "sourceaccount" varchar, "issuertype" varchar, "credentiaisissuedto" varchar), "invokedby" varchar, "identityprovider" varchar),
  eventtime timestamp(3),
  eventsource varchar,
  eventname varchar,
  awsregion varchar,
  sourceipaddress varchar,
  useragent varchar,
  errorcode varchar,
  errormessage varchar,
  requestparameters map(varchar, varchar),
  responseelements map(varchar, varchar),
  additionaleventdata map(varchar, varchar),
  requestid varchar,
  eventid varchar,
  readonly boolean,
  resources array(row("accountid" varchar, "type" varchar, "arn" varchar, "arnprefix" varchar)),
  eventtype varchar,
  apiversion varchar,
  managementevent boolean,
  recipientaccountid varchar,
  sharedeventid varchar,
  annotation varchar,
  vpcendpointid varchar,
  vpcendpointaccountid varchar,
  serviceeventdetails map(varchar, varchar),
  addendum map(varchar, varchar),
  edgedevicedetails map(varchar, varchar),
  insightdetails map(varchar, varchar),
  eventcategory varchar,
  tlsdetails row("tlsversion" varchar, "ciphersuite" varchar, "clientprovidedhostheader" varchar),
  sessioncredentialfromconsole varchar,
  eventjson varchar,
  eventjsonchecksum varchar,
  eventcontext row("requestcontext" map(varchar, varchar), "tagcontext" row("resourcetags" array(row("arn" varchar, "tags" map(varchar, varchar))), "principaltags" map(varchar, varchar))),
  "_archive" varchar,
  calendarday bigint
)
WITH (format = 'ORC', external_location = 'file:///lake/it''s/3f', partitioned_by = ARRAY['calendarday']);
CALL system.sync_partition_metadata(schema_name => current_schema, table_name => 'trail_files', mode => 'FULL');
CREATE OR REPLACE VIEW trail AS
SELECT eventversion, useridentity, eventtime, eventsource, eventname, awsregion, sourceipaddress, useragent, errorcode, errormessage, requestparameters, responseelements, additionaleventdata, requestid, eventid, readonly, resources, eventtype, apiversion, managementevent, recipientaccountid, sharedeventid, annotation, vpcendpointid, vpcendpointaccountid, serviceeventdetails, addendum, edgedevicedetails, insightdetails, eventcategory, tlsdetails, sessioncredentialfromconsole, eventjson, eventjsonchecksum, eventcontext, "_archive", calendarday
FROM trail_files
WHERE (eventtime >= TIMESTAMP '2026-01-01 00:00:00.123' AND eventtime >= CAST(current_timestamp AT TIME ZONE 'UTC' AS timestamp(3)) - INTERVAL '366' DAY OR eventtime IS NULL);
