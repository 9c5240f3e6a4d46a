// What: asks for the vendor's default fields and for those that were just written.
// Why: without `fields` the vendor answers six fields, and the caller would not see what it stored.
// Source: https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/lead-database/leads
'use strict';
const sent = request_body_map && (request_body_map.person || request_body_map);
if (!sent || (request_parameters && request_parameters.fields)) done();
const fields = ['id', 'email', 'updatedAt', 'createdAt', 'firstName', 'lastName'];
Object.keys(sent).forEach((name) => {
  if (!fields.includes(name)) fields.push(name);
});
done({ request_vendor_parameters: { fields: fields.join(',') } });
