// What: makes a 404 of a person that is not on the list.
// Why: the vendor answers notmemberof with success.
// Source: https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/lead-database/static-lists
'use strict';
if (response_iserror) done();
if (!response_body || response_body.status !== 'memberof') {
  done({ response_status_code: 404, response_error_message: 'The list has no person with id ' + request_path_variables.contactId + '.' });
}
done();
