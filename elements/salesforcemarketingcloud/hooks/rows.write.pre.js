// What: one row becomes a list of one.
// Why: the vendor takes rows by the list only.
// Source: https://developer.salesforce.com/docs/marketing/marketing-cloud/guide/postDataExtensionRowsetByKey.html
'use strict';
const rows = [].concat(request_body_map);
if (rows.some((row) => !row || typeof row.keys !== 'object' || typeof row.values !== 'object')) {
  done({ response_error_message: 'Each row must be {"keys": {…}, "values": {…}}.', response_status_code: 400 });
}
done({ request_vendor_body: JSON.stringify(rows) });
