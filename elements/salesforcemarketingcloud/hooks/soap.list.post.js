// What: the results of a Retrieve as records, and the request's id as the token of the next batch.
// Why: a single result is no array in XML, none is nothing at all, and members of SOAP itself are no data.
// Source: https://developer.salesforce.com/docs/marketing/marketing-cloud/guide/retrieve.html
'use strict';
if (response_iserror) done();
const record = (result) => {
  for (const name of Object.keys(result)) {
    const value = result[name];
    if (name[0] === '@' || name === 'PartnerKey') delete result[name];
    else if (value && value['@xsi:nil']) result[name] = null;
  }
  return result;
};
const more = response_body.OverallStatus === 'MoreDataAvailable';
done({
  response_body: [].concat(response_body.Results || []).map(record),
  response_headers: more ? { 'elements-next-page-token': response_body.RequestID } : {},
});
