// What: turns {"person":{…}} into the body that Marketo takes: createOrUpdate by email (POST), updateOnly by id (PATCH),
// or {"input":[{"id":1}]} (DELETE).
// Why: the vendor writes lists of records with an action beside them, and wants ids as numbers.
// Source: https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/lead-database/leads
'use strict';
const id = request_path_variables && request_path_variables.id;
const number = /^[0-9]+$/.test(id) ? Number(id) : id;
if (request_method === 'DELETE') {
  done({ request_vendor_body: { input: [{ id: number }] } });
}
const sent = request_body_map && (request_body_map.person || request_body_map);
if (!sent || typeof sent !== 'object' || Array.isArray(sent)) {
  done({ continue: false, response_status_code: 400, response_error_message: 'The body must hold one person: {"person":{"email":"a@b.c"}}.' });
}
const person = Object.assign({}, sent);
if (request_method === 'PATCH') {
  person.id = number;
  done({ request_vendor_body: { action: 'updateOnly', lookupField: 'id', input: [person] } });
}
delete person.id;
done({ request_vendor_body: { action: 'createOrUpdate', lookupField: 'email', input: [person] } });
