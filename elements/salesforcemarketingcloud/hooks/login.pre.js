// What: asks the tenant's host for a token, or the first generation's when there is no tenant.
// Why: the two want other addresses and other members.
// Source: https://developer.salesforce.com/docs/marketing/marketing-cloud/guide/access-token-s2s.html
'use strict';
const c = configuration;
const tenant = c['salesforcemarketingcloud.subdomain'] || !c['auth.url'].includes('{');
const body = tenant
  ? {
      grant_type: 'client_credentials',
      client_id: c.clientId,
      client_secret: c.clientSecret,
      account_id: c['salesforcemarketingcloud.account.id'] || undefined,
      scope: c['salesforcemarketingcloud.scope'] || undefined,
    }
  : { clientId: c.clientId, clientSecret: c.clientSecret };
done({
  request_vendor_path: tenant ? c['auth.url'].replace(/\/+$/, '') + '/v2/token' : request_vendor_path,
  request_vendor_body: JSON.stringify(body),
});
