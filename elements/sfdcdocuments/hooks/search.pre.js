// What: puts the conditions of a search together.
// Why: each is optional, and the vendor's query language has no empty condition.
// Source: https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_contentversion.htm
'use strict';
const given = request_parameters || {};
const refuse = (message) => done({ continue: false, response_status_code: 400, response_error_message: message });
if (given.path && String(given.path).replace(/[/]/g, '') !== '') {
  refuse('Only the whole can be searched: leave path out, or give path=/.');
}
const literal = (text) => "'" + text.replace(/\\/g, '\\\\').replace(/'/g, "\\'") + "'";
const conditions = ['IsLatest = true'];
if (given.text) conditions.push('Title LIKE ' + literal('%' + String(given.text).replace(/[%_]/g, '\\$&') + '%').replace(/\\\\([%_])/g, '\\$1'));
for (const [name, operator] of [['startDate', '>='], ['endDate', '<=']]) {
  if (!given[name]) continue;
  const date = new Date(given[name]);
  if (Number.isNaN(date.getTime())) refuse('`' + name + '` must be a date such as 2026-01-31 or 2026-01-31T08:00:00Z.');
  conditions.push('ContentDocument.CreatedDate ' + operator + ' ' + date.toISOString().replace(/\.\d+Z$/, 'Z'));
}
const page = request_vendor_parameters || {};
done({
  request_vendor_parameters: {
    q:
      'SELECT Id,Title,FileExtension,ContentSize,Description,TagCsv,VersionNumber,CreatedDate,LastModifiedDate,ContentDocumentId,ContentDocument.CreatedDate' +
      ' FROM ContentVersion WHERE ' + conditions.join(' AND ') + ' ORDER BY Id LIMIT ' + page.pageSize + ' OFFSET ' + page.offset,
    pageSize: null,
    offset: null,
  },
});
