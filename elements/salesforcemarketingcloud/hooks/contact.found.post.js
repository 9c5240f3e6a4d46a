// What: each contact found as {id, contactID, contactKey} and the attribute it was found by.
// Why: the vendor answers columns as a list of keys and values.
// Source: https://developer.salesforce.com/docs/marketing/marketing-cloud/guide/searchContactsByAttribute.html
'use strict';
if (response_iserror) done();
const plain = { 'Contact.Contact ID': 'contactID', 'Contact.Contact Key': 'contactKey' };
done({
  response_body: response_body.map((row) => {
    const contact = Object.fromEntries(row.values.map((cell) => [plain[cell.key] || cell.key, cell.value]));
    return { id: contact.contactID, ...contact };
  }),
});
