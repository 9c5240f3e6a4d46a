// What: sends the members of a message as form fields.
// Why: the vendor takes forms; `messagebody` is the word that this element's callers know for the HTML.
// Source: https://developer.act-on.com/reference/messages
'use strict';
const sent = request_body_map;
if (!sent || typeof sent !== 'object' || Array.isArray(sent)) {
  done({ continue: false, response_status_code: 400, response_error_message: 'A message is an object such as {"type":"template","subject":"…","htmlbody":"…"}.' });
}
const message = Object.assign({}, sent);
delete message.id;
if (message.messagebody !== undefined && message.htmlbody === undefined) message.htmlbody = message.messagebody;
delete message.messagebody;
const pair = (name) => encodeURIComponent(name) + '=' + encodeURIComponent(typeof message[name] === 'object' ? JSON.stringify(message[name]) : message[name]);
const form = Object.keys(message).filter((name) => message[name] !== null && message[name] !== undefined).map(pair).join('&');
done({ request_vendor_body: form, request_vendor_headers: { 'Content-Type': 'application/x-www-form-urlencoded' } });
