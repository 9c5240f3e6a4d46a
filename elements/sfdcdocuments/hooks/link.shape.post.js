// What: names the addresses of a public link as the documents hub does.
// Why: the vendor's names are its own.
// Source: https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_contentdistribution.htm
'use strict';
if (response_iserror || !response_body) done();
done({
  response_body: {
    providerLink: response_body.ContentDownloadUrl,
    providerViewLink: response_body.DistributionPublicUrl,
    expires: response_body.ExpiryDate,
  },
});
