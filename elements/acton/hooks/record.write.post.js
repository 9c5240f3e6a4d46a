// What: answers the contact as sent, with what the vendor returned of it and its id.
// Why: the vendor answers a status line.
// Source: https://developer.act-on.com/reference/contacts
'use strict';
if (response_iserror) done();
const stored = response_body && response_body.contact;
const record = Object.assign({}, request_body_map, stored && !Array.isArray(stored) && typeof stored === 'object' ? stored : {});
const variables = request_path_variables || {};
const known = request_method === 'POST' ? undefined : variables.contactId || variables.id;
record.id = known || response_body.id || response_body.contact_id;
done({ response_body: record });
