// What: makes a SOAP Retrieve of the parameters: ObjectType, Properties, Filter, BatchSize, ContinueRequest; any other is a property that must be equal.
// Why: the vendor's lists, subscribers, data extensions and tracking events are reached by SOAP only.
// Source: https://developer.salesforce.com/docs/marketing/marketing-cloud/guide/retrieve.html
'use strict';
const asked = request_vendor_parameters;
const text = (value) => String(value).replace(/[&<>"']/g, (c) => '&#' + c.charCodeAt(0) + ';');
const element = (name, value) => '<' + name + '>' + text(value) + '</' + name + '>';
const kinds = asked.ObjectTypes && asked.ObjectTypes.split(',');
if (kinds && !kinds.includes(asked.ObjectType)) {
  done({ response_error_message: 'There are no events of the type ' + asked.ObjectType + '; types are ' + kinds.join(', '), response_status_code: 400 });
}
const part = (name, kind, inside) => '<' + name + ' xsi:type="' + kind + '">' + inside + '</' + name + '>';
const equal = (name, property) =>
  part(name, 'SimpleFilterPart', element('Property', property) + element('SimpleOperator', 'equals') + element('Value', asked[property]));
const known = ['ObjectType', 'ObjectTypes', 'Properties', 'Filter', 'BatchSize', 'ContinueRequest'];
let filter = asked.Filter || '';
for (const property of Object.keys(asked).filter((name) => !known.includes(name))) {
  const rest = filter.replace(/^<Filter/, '<RightOperand').replace(/<\/Filter>$/, '</RightOperand>');
  filter = rest
    ? part('Filter', 'ComplexFilterPart', equal('LeftOperand', property) + element('LogicalOperator', 'AND') + rest)
    : equal('Filter', property);
}
const body =
  element('ObjectType', asked.ObjectType) +
  asked.Properties.split(',').map((name) => element('Properties', name)).join('') +
  (asked.ContinueRequest ? element('ContinueRequest', asked.ContinueRequest) : filter) +
  (asked.BatchSize ? '<Options>' + element('BatchSize', asked.BatchSize) + '</Options>' : '');
done({
  request_vendor_parameters: Object.fromEntries(Object.keys(asked).map((name) => [name, null])),
  request_vendor_body:
    '<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><Header>' +
    '<fueloauth xmlns="http://exacttarget.com">' + text(configuration.requestToken) + '</fueloauth></Header><Body>' +
    '<RetrieveRequestMsg xmlns="http://exacttarget.com/wsdl/partnerAPI"><RetrieveRequest>' + body +
    '</RetrieveRequest></RetrieveRequestMsg></Body></Envelope>',
});
