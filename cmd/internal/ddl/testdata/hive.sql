-- Query the view; the files hold events that have expired until their whole day has.
-- Events are kept for 366 days by eventtime; the view counts them from the engine's clock.
SET hive.local.time.zone=UTC;
CREATE EXTERNAL TABLE `trail_files` (
  `eventversion` string,
  `useridentity` struct<`type`:string,`principalid`:string,`arn`:string,`accountid`:string,`accesskeyid`:string,`username`:string,`sessioncontext`:struct<`attributes`:struct<`creationdate`:timestamp,`mfaauthenticated`:string>,`sessionissuer`:struct<`type`:string,`principalid`:string,`arn`:string,`accountid`:string,`username`:string>,`webidfederationdata`:struct<`federatedprovider`:string,`attributes`:map<string,string>>,`sourceidentity`:string,`ec2roledelivery`:string,`ec2issuedinvpc`:string>,`onbehalfof`:struct<`userid`:string,`identitystorearn`:string>,`inscopeof`:struct<`sourcearn`:string,`sourceaccount`:string,`issuertype`:string,`credentiaisissuedto`:string>,`invokedby`:string,`identityprovider`:string>,
  `eventtime` timestamp,
  `eventsource` string,
  `eventname` string,
  `awsregion` string,
  `sourceipaddress` string,
  `useragent` string,
  `errorcode` string,
  `errormessage` string,
  `requestparameters` map<string,string>,
  `responseelements` map<string,string>,
  `additionaleventdata` map<string,string>,
  `requestid` string,
  `eventid` string,
  `readonly` boolean,
  `resources` array<struct<`accountid`:string,`type`:string,`arn`:string,`arnprefix`:string>>,
  `eventtype` string,
  `apiversion` string,
  `managementevent` boolean,
  `recipientaccountid` string,
  `sharedeventid` string,
  `annotation` string,
  `vpcendpointid` string,
  `vpcendpointaccountid` string,
  `serviceeventdetails` map<string,string>,
  `addendum` map<string,string>,
  `edgedevicedetails` map<string,string>,
  `insightdetails` map<string,string>,
  `eventcategory` string,
  `tlsdetails` struct<`tlsversion`:string,`ciphersuite`:string,`clientprovidedhostheader`:string>,
  `sessioncredentialfromconsole` string,
  `eventjson` string,
  `eventjsonchecksum` string,
  `eventcontext` struct<`requestcontext`:map<string,string>,`tagcontext`:struct<`resourcetags`:array<struct<`arn`:string,`tags`:map<string,string>>>,`principaltags`:map<string,string>>>,
  `_archive` string
)
PARTITIONED BY (`calendarday` bigint)
STORED AS ORC
LOCATION 'file:///lake/it\'s/3f';
MSCK REPAIR TABLE `trail_files`;
CREATE OR REPLACE VIEW `trail` AS
SELECT `eventversion`, `useridentity`, `eventtime`, `eventsource`, `eventname`, `awsregion`, `sourceipaddress`, `useragent`, `errorcode`, `errormessage`, `requestparameters`, `responseelements`, `additionaleventdata`, `requestid`, `eventid`, `readonly`, `resources`, `eventtype`, `apiversion`, `managementevent`, `recipientaccountid`, `sharedeventid`, `annotation`, `vpcendpointid`, `vpcendpointaccountid`, `serviceeventdetails`, `addendum`, `edgedevicedetails`, `insightdetails`, `eventcategory`, `tlsdetails`, `sessioncredentialfromconsole`, `eventjson`, `eventjsonchecksum`, `eventcontext`, `_archive`, `calendarday`
FROM `trail_files`
WHERE (`eventtime` >= TIMESTAMP '2026-01-01 00:00:00.123' AND `eventtime` >= current_timestamp - INTERVAL '366' DAY OR `eventtime` IS NULL);
