// What: answers the records of the child relationship alone.
// Why: the vendor nests them in the record that they belong to, under the relationship's name.
// Source: https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_relationships_query_using.htm
'use strict';
if (response_iserror || !response_body) done();
const nested = Object.values(response_body).find((member) => member && Array.isArray(member.records));
done({ response_body: nested ? nested.records : [] });
