// What: lays what was sent over the record that was read, translating internal field names to properties or `fieldValues`.
// Why: PUT replaces the whole object, what is left out is cleared; fields without a property travel in `fieldValues` by id.
// Source: https://docs.oracle.com/en/cloud/saas/marketing/eloqua-rest-api/op-api-rest-2.0-data-contact-id-put.html
'use strict';
const PROPERTIES = {
  C_EmailAddress: 'emailAddress', C_FirstName: 'firstName', C_LastName: 'lastName', C_Title: 'title', C_Company: 'accountName',
  C_Address1: 'address1', C_Address2: 'address2', C_Address3: 'address3', C_City: 'city', C_State_Prov: 'province',
  C_Zip_Postal: 'postalCode', C_Country: 'country', C_BusPhone: 'businessPhone', C_MobilePhone: 'mobilePhone', C_Fax: 'fax',
  C_Salesperson: 'salesPerson',
  M_CompanyName: 'name', M_Address1: 'address1', M_Address2: 'address2', M_Address3: 'address3', M_City: 'city',
  M_State_Prov: 'province', M_Zip_Postal: 'postalCode', M_Country: 'country', M_BusPhone: 'businessPhone',
};
const sent = request_body_map;
if (!sent || typeof sent !== 'object' || Array.isArray(sent)) {
  done({ continue: false, response_status_code: 400, response_error_message: 'The body must be one JSON object.' });
}
// The step that looks fields up hands on both; other chains hand on the record alone.
const found = request_previous_response || {};
const previous = found.record && found.fields ? found : { record: found, fields: [] };
const record = Object.assign({}, previous.record);
const ids = {};
previous.fields.forEach((field) => {
  ids[String(field.internalName).toLowerCase()] = String(field.id);
});
const values = {};
const remember = (entry) => {
  if (entry && entry.id !== undefined) values[String(entry.id)] = entry.value;
};
(record.fieldValues || []).forEach(remember);

const plain = (value) => (value === null || typeof value === 'object' ? value : String(value));
Object.keys(sent).forEach((name) => {
  const value = plain(sent[name]);
  if (name === 'id') return;
  if (name === 'fieldValues') {
    if (Array.isArray(value)) value.forEach(remember);
    return;
  }
  const property = PROPERTIES[name] || (/^[CM]_/.test(name) ? undefined : name);
  if (property) {
    if (value === null) delete record[property];
    else record[property] = value;
    return;
  }
  const id = ids[name.toLowerCase()];
  if (!id) {
    done({ continue: false, response_status_code: 400, response_error_message: 'This Eloqua site has no field ' + name + '.' });
  }
  values[id] = value === null ? '' : value;
});
const entries = Object.keys(values).map((id) => ({ type: 'FieldValue', id: id, value: values[id] }));
if (entries.length > 0) record.fieldValues = entries;
const path = request_path_variables || {};
const id = path.contactId || path.instanceId || path.id;
if (id) record.id = id;
done({ request_vendor_body: record });
