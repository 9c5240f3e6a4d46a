// What: refuses to upload over an existing file unless overwrite=true; passes its id on.
// Why: the vendor lets two files bear one name.
// Source: https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_query.htm
'use strict';
if (response_iserror) done();
const file = response_body && response_body.records && response_body.records[0];
if (file && String(request_parameters.overwrite) !== 'true') {
  done({ response_status_code: 409, response_error_message: 'There is a file at ' + request_parameters.path + ' already; give overwrite=true to add a version.' });
}
done({ response_body: { documentId: file ? file.ContentDocumentId : null } });
