// What: asks for the page that the vendor named itself.
// Why: the vendor's next page is a path of its own, not a parameter.
// Source: https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_query_more_results.htm
'use strict';
const next = request_parameters.nextPage;
if (!next) done();
if (!/^\/services\/data\/v\d+\.0\/query\/[A-Za-z0-9-]+$/.test(next)) {
  done({ continue: false, response_status_code: 400, response_error_message: 'The nextPage token does not belong to a query.' });
}
done({ request_vendor_path: next, request_vendor_parameters: { q: null } });
