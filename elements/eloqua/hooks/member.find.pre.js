// What: looks for one contact among the members of a list.
// Why: the vendor has no call that says whether a contact is on a list.
// Source: https://docs.oracle.com/en/cloud/saas/marketing/eloqua-rest-api/op-api-rest-2.0-data-contacts-list-id-get.html
'use strict';
const id = request_path_variables.contactId;
if (!/^[0-9]+$/.test(id)) {
  done({ continue: false, response_status_code: 404, response_error_message: 'No contact found with id ' + id });
}
done({ request_vendor_parameters: { search: 'id=' + id } });
