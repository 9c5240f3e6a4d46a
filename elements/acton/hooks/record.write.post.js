// What: answers the contact as sent, with what the vendor returned of it and its id; a list when a list was sent.
// Why: the vendor answers a status line.
// Source: https://developer.act-on.com/reference/contacts
if (response_iserror) done();
const listed = Array.isArray(request_body_map);
const sent = listed ? request_body_map[0] : request_body_map;
const stored = response_body && response_body.contact;
const record = Object.assign({}, sent, stored && !Array.isArray(stored) && typeof stored === 'object' ? stored : {});
const variables = request_path_variables || {};
const known = request_method === 'POST' ? undefined : variables.contactId || variables.id;
record.id = known || response_body.id || response_body.contact_id;
done({ response_body: listed ? [record] : record });
