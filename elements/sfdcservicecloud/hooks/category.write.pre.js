// What: puts the call of the Metadata API together that makes, changes or deletes the definition of an article type.
// Why: definitions are written by SOAP alone; the session goes into its header.
// Source: https://developer.salesforce.com/docs/atlas.en-us.api_meta.meta/api_meta/meta_createMetadata.htm
'use strict';
const text = (value) => String(value).replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
const tag = (name, value) => (value === undefined || value === null ? '' : '<' + name + '>' + text(value) + '</' + name + '>');
const given = request_body_map || {};
const found = request_previous_response || {};
const name = found.QualifiedApiName || String(given.name || '').replace(/(__kav)?$/, '__kav');
const label = given.label || found.Label || given.name;
const definition =
  '<metadata xsi:type="CustomObject">' + tag('fullName', name) + tag('label', label) + tag('pluralLabel', given.pluralLabel || found.PluralLabel || label) +
  tag('description', given.description) + '<deploymentStatus>Deployed</deploymentStatus></metadata>';
const calls = {
  POST: '<createMetadata>' + definition + '</createMetadata>',
  PATCH: '<updateMetadata>' + definition + '</updateMetadata>',
  DELETE: '<deleteMetadata><type>CustomObject</type>' + tag('fullNames', name) + '</deleteMetadata>',
};
if (request_method === 'POST' && !given.name) {
  done({ continue: false, response_status_code: 400, response_error_message: 'Missing required parameter: `name` (body)' });
}
done({
  request_vendor_body:
    '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" ' +
    'xmlns="http://soap.sforce.com/2006/04/metadata" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Header><SessionHeader>' +
    tag('sessionId', configuration['oauth.user.token']) + '</SessionHeader></soapenv:Header><soapenv:Body>' + calls[request_method] +
    '</soapenv:Body></soapenv:Envelope>',
});
