// What: sends the contact without an id of the caller's; a list of contacts comes here one by one.
// Why: the vendor gives the id and takes one object a call.
// Source: https://developer.act-on.com/reference/contacts
'use strict';
const given = request_body_map;
if (!given || typeof given !== 'object' || Array.isArray(given) || Object.keys(given).length === 0) {
  done({ continue: false, response_status_code: 400, response_error_message: 'A contact is an object such as {"email":"a@b.c"}.' });
}
const contact = Object.assign({}, given);
delete contact.id;
done({ request_vendor_body: contact });
