// What: the one result of a Retrieve by id, or 404.
// Why: the vendor answers an id that it does not know with no results and status 200.
// Source: https://developer.salesforce.com/docs/marketing/marketing-cloud/guide/retrieve.html
'use strict';
if (response_iserror) done();
const found = [].concat(response_body.Results || [])[0];
if (!found) done({ response_error_message: 'There is no record with this id.', response_status_code: 404 });
for (const name of Object.keys(found)) {
  const value = found[name];
  if (name[0] === '@' || name === 'PartnerKey') delete found[name];
  else if (value && value['@xsi:nil']) found[name] = null;
}
done({ response_body: found });
