// What: turns [{"person":{"id":1}}] into {"input":[{"id":1}]}.
// Why: the vendor takes bare ids, as numbers.
// Source: https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/lead-database/static-lists
'use strict';
const people = Array.isArray(request_body_map) ? request_body_map : [request_body_map];
const input = people.map((item) => {
  const person = (item && item.person) || item || {};
  return { id: /^[0-9]+$/.test(person.id) ? Number(person.id) : person.id };
});
if (input.length === 0 || input.some((person) => person.id === undefined || person.id === null)) {
  done({ continue: false, response_status_code: 400, response_error_message: 'Each person needs an id: [{"person":{"id":1}}].' });
}
done({ request_vendor_body: { input: input } });
