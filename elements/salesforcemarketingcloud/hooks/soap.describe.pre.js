// What: makes a SOAP Describe of the object type.
// Why: only SOAP tells what its objects have.
// Source: https://developer.salesforce.com/docs/marketing/marketing-cloud/guide/describe.html
'use strict';
const text = (value) => String(value).replace(/[&<>"']/g, (c) => '&#' + c.charCodeAt(0) + ';');
done({
  request_vendor_parameters: { ObjectType: null },
  request_vendor_body:
    '<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Header><fueloauth xmlns="http://exacttarget.com">' +
    text(configuration.requestToken) + '</fueloauth></Header><Body><DefinitionRequestMsg xmlns="http://exacttarget.com/wsdl/partnerAPI">' +
    '<DescribeRequests><ObjectDefinitionRequest><ObjectType>' + text(request_vendor_parameters.ObjectType) +
    '</ObjectType></ObjectDefinitionRequest></DescribeRequests></DefinitionRequestMsg></Body></Envelope>',
});
