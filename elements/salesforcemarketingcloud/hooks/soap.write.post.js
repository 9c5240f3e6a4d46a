// What: the record that was written, with the ids that the vendor gave it.
// Why: the vendor wraps it with what became of it.
// Source: https://developer.salesforce.com/docs/marketing/marketing-cloud/guide/soap-web-service-api.html
'use strict';
if (response_iserror) done();
const answer = response_body[Object.keys(response_body).find((name) => name.endsWith('Response'))] || {};
const result = [].concat(answer.Results || [])[0] || {};
const record = result.Object || {};
for (const name of Object.keys(record)) {
  const value = record[name];
  if (name[0] === '@' || name === 'PartnerKey') delete record[name];
  else if (value && value['@xsi:nil']) record[name] = null;
}
if (result.NewID) record.ID = result.NewID;
if (result.NewObjectID) record.ObjectID = result.NewObjectID;
done({ response_body: record });
