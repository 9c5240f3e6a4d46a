// What: refuses a name that is neither a resource of this element nor a custom object of the site.
// Why: such a name is a mistake in the path, as it is for elements that have no custom objects.
// Source: https://docs.oracle.com/en/cloud/saas/marketing/eloqua-rest-api/op-api-rest-2.0-assets-customobjects-get.html
'use strict';
if (response_iserror) done();
const name = request_path_variables.objectName;
if (!response_body || !response_body.elements || response_body.elements.length === 0) {
  done({ response_status_code: 400, response_error_message: 'The element eloqua has no resource /' + name + ', and this site no custom object of that name.' });
}
done();
