// What: asks for the file whose title and extension make up the last part of `path`, the newest first.
// Why: the vendor knows files by id; a path is the platform's way.
// Source: https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_contentversion.htm
'use strict';
const name = String((request_parameters && request_parameters.path) || '').replace(/^[/]+/, '');
const dot = name.lastIndexOf('.');
const title = dot > 0 ? name.slice(0, dot) : name;
const extension = dot > 0 ? name.slice(dot + 1) : null;
if (name === '' || name.includes('/')) {
  done({ continue: false, response_status_code: 400, response_error_message: 'A path names one file in the root, such as /report.pdf; use the id for others.' });
}
const literal = (text) => (text === null ? 'null' : "'" + text.replace(/\\/g, '\\\\').replace(/'/g, "\\'") + "'");
const fields =
  'Id,Title,FileExtension,ContentSize,Description,TagCsv,VersionNumber,ReasonForChange,CreatedDate,LastModifiedDate,ContentDocumentId,ContentDocument.CreatedDate';
done({
  request_vendor_parameters: {
    q:
      'SELECT ' + fields + ' FROM ContentVersion WHERE Title = ' + literal(title) + ' AND FileExtension = ' + literal(extension) +
      ' AND IsLatest = true ORDER BY LastModifiedDate DESC LIMIT 1',
  },
});
