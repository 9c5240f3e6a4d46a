// What: reads what became of the definition, and makes the vendor's refusal an error.
// Why: the Metadata API says no inside an answer that succeeded.
// Source: https://developer.salesforce.com/docs/atlas.en-us.api_meta.meta/api_meta/meta_createMetadata.htm
'use strict';
if (response_iserror) done();
const raw = String(response_body_raw || '');
const inside = (name) => {
  const found = raw.match(new RegExp('<(?:\\w+:)?' + name + '>([^<]*)<'));
  return found && found[1].replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&quot;/g, '"').replace(/&#39;|&apos;/g, "'").replace(/&amp;/g, '&');
};
if (inside('success') === 'true') {
  done({ response_body: request_method === 'DELETE' ? {} : { fullName: inside('fullName') } });
}
const status = { DUPLICATE_DEVELOPER_NAME: 409, INVALID_CROSS_REFERENCE_KEY: 404 }[inside('statusCode')] || 400;
done({ response_status_code: status, response_error_message: inside('message') || 'The vendor refused the definition.' });
