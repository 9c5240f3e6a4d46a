// What: makes a SOAP Create, Update or Delete of the body and of the parameters, which are properties; Lists.ID is the ID of Lists.
// Why: the vendor's lists, subscribers, data extensions and folders are written by SOAP only.
// Source: https://developer.salesforce.com/docs/marketing/marketing-cloud/guide/soap-web-service-api.html
'use strict';
const asked = request_vendor_parameters;
const action = request_vendor_headers.SOAPAction;
const text = (value) => String(value).replace(/[&<>"']/g, (c) => '&#' + c.charCodeAt(0) + ';');
const element = (name, value) => {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value)) return value.map((item) => element(name, item)).join('');
  if (!/^[A-Za-z_][\w.]*$/.test(name)) {
    done({ response_error_message: name + ' is not the name of a property.', response_status_code: 400 });
  }
  const inside = typeof value === 'object' ? Object.keys(value).map((key) => element(key, value[key])).join('') : text(value);
  return '<' + name + '>' + inside + '</' + name + '>';
};
const given = request_body_map || {};
if (Array.isArray(given) || typeof given !== 'object') {
  done({ response_error_message: 'The body must be one record, a JSON object.', response_status_code: 400 });
}
const { id, ...object } = given;
for (const name of Object.keys(asked).filter((name) => name !== 'ObjectType')) {
  const [outer, inner] = name.split('.');
  if (inner) object[outer] = { ...object[outer], [inner]: asked[name] };
  else object[outer] = asked[name];
}
// A status beside a list is the membership's.
if (asked['Lists.Action']) delete object.Status;
if (Array.isArray(object.Fields)) object.Fields = { Field: object.Fields };
done({
  request_vendor_parameters: Object.fromEntries(Object.keys(asked).map((name) => [name, null])),
  request_vendor_body:
    '<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><Header>' +
    '<fueloauth xmlns="http://exacttarget.com">' + text(configuration.requestToken) + '</fueloauth></Header><Body>' +
    '<' + action + 'Request xmlns="http://exacttarget.com/wsdl/partnerAPI"><Objects xsi:type="' + asked.ObjectType + '">' +
    Object.keys(object).map((name) => element(name, object[name])).join('') + '</Objects></' + action + 'Request></Body></Envelope>',
});
