// What: fills in what the vendor demands of a user beyond name and e-mail address.
// Why: callers of agents know a person's name and address only; user names are unique across all organizations.
// Source: https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_user.htm
'use strict';
const body = JSON.parse(request_vendor_body || '{}');
const found = ((request_previous_response || {}).records || [])[0];
const email = String(body.Email || '');
const alias = (String(body.FirstName || '').slice(0, 1) + String(body.LastName || 'agent')).replace(/[^A-Za-z0-9]/g, '').slice(0, 8).toLowerCase();
const at = email.indexOf('@');
const unique = Date.now().toString(36);
const usual = {
  Username: at > 0 ? email.slice(0, at) + '.' + unique + email.slice(at) : email,
  Alias: alias || 'agent',
  CommunityNickname: ((alias || 'agent') + '.' + unique).slice(0, 40),
  TimeZoneSidKey: 'GMT',
  LocaleSidKey: 'en_US',
  EmailEncodingKey: 'UTF-8',
  LanguageLocaleKey: 'en_US',
};
if (found) usual.ProfileId = found.Id;
done({ request_vendor_body: Object.assign(usual, body) });
