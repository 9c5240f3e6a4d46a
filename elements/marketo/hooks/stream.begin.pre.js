// What: asks for the token of a date; a page after the first has its token already.
// Why: activities are read from a point in time on, and the vendor makes the point a token first.
// Source: https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/lead-database/activities
'use strict';
if (request_parameters.nextPage) done({ continue: false, response_body: { nextPageToken: request_parameters.nextPage } });
const term = (request_expression || []).find((one) => ['sinceDate', 'sinceDatetime', 'fromDate'].includes(one.attribute));
if (!term) {
  done({ continue: false, response_status_code: 400, response_error_message: "where needs a date: sinceDate='2016-11-25T11:39:58Z' (for activities, fromDate)." });
}
if (!Number.isFinite(Date.parse(term.value))) {
  done({ continue: false, response_status_code: 400, response_error_message: term.attribute + ' must be an ISO 8601 date, but it is ' + term.value + '.' });
}
done({ request_vendor_parameters: { sinceDatetime: term.value } });
