// What: looks for the custom object of the name in the path.
// Why: rows are addressed by the number of their object.
// Source: https://docs.oracle.com/en/cloud/saas/marketing/eloqua-rest-api/op-api-rest-2.0-assets-customobjects-get.html
'use strict';
const name = request_path_variables.objectName || request_path_variables.object;
if (/['"*]/.test(name)) {
  done({ continue: false, response_status_code: 404, response_error_message: 'This Eloqua site has no custom object ' + name + '.' });
}
done({ request_vendor_parameters: { search: "name='" + name + "'" } });
