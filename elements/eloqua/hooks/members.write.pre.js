// What: sends the list that was read together with the contacts to add (POST, PUT) or to take off (DELETE).
// Why: members change only by replacing the whole list; who stays is not repeated.
// Source: https://docs.oracle.com/en/cloud/saas/marketing/eloqua-rest-api/op-api-rest-1.0-assets-contact-list-id-put.html
'use strict';
const list = Object.assign({}, request_previous_response);
['count', 'depth', 'createdAt', 'createdBy', 'updatedAt', 'updatedBy'].forEach((name) => delete list[name]);
if (request_method === 'DELETE') {
  list.membershipDeletions = [request_path_variables.contactId];
} else {
  const sent = Array.isArray(request_body_map) ? request_body_map : [request_body_map];
  list.membershipAdditions = sent.map((contact) => String(contact.id));
}
done({ request_vendor_body: list });
