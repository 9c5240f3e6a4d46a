// What: nothing, where an asset was deleted.
// Why: the vendor answers a bare "OK".
// Source: https://developer.salesforce.com/docs/marketing/marketing-cloud/guide/deleteAsset.html
'use strict';
if (response_iserror) done();
done({ response_body: null });
