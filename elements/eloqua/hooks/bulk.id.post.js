// What: gives definitions and syncs an `id`, the last part of their `uri`.
// Why: Bulk names its objects by `uri` alone, and the paths here want an id.
// Source: https://docs.oracle.com/en/cloud/saas/marketing/eloqua-develop/Developers/BulkAPI/bulk-api.htm
'use strict';
if (response_iserror || !response_body) done();
const named = (one) => (one && one.uri ? Object.assign({ id: one.uri.split('/').pop() }, one) : one);
done({ response_body: Array.isArray(response_body) ? response_body.map(named) : named(response_body) });
