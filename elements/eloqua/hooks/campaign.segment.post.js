// What: finds the segment that a campaign begins with.
// Why: a campaign names its segments among its elements.
// Source: https://docs.oracle.com/en/cloud/saas/marketing/eloqua-rest-api/op-api-rest-2.0-assets-campaign-id-get.html
'use strict';
if (response_iserror) done();
const elements = (response_body && response_body.elements) || [];
const segment = elements.find((element) => element.type === 'CampaignSegment' && element.segmentId);
if (!segment) done({ response_status_code: 400, response_error_message: 'This campaign begins with no segment; add one in Eloqua first.' });
done({ response_body: { segmentId: segment.segmentId } });
