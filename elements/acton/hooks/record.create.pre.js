// What: takes the one contact out of the list it comes in.
// Why: callers send [{…}], the vendor takes one object a call.
// Source: https://developer.act-on.com/reference/contacts
const people = Array.isArray(request_body_map) ? request_body_map : [request_body_map];
if (people.length !== 1 || !people[0] || typeof people[0] !== 'object') {
  done({ continue: false, response_status_code: 400, response_error_message: 'Send one contact a call: [{"email":"a@b.c"}].' });
}
const contact = Object.assign({}, people[0]);
delete contact.id;
done({ request_vendor_body: contact });
