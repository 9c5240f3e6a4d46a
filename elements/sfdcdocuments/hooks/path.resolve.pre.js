// What: asks for the file whose title and extension make up the last part of `path`, the newest first.
// Why: the vendor knows files by id; a path is the platform's way.
// Source: https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_query.htm
const name = String((request_parameters && request_parameters.path) || '').replace(/^[/]+/, '');
const dot = name.lastIndexOf('.');
const title = dot > 0 ? name.slice(0, dot) : name;
const extension = dot > 0 ? name.slice(dot + 1) : null;
if (name === '' || name.includes('/')) {
  done({ continue: false, response_status_code: 400, response_error_message: 'A path names one file in the root, such as /report.pdf; use the id for others.' });
}
const literal = (text) => (text === null ? 'null' : "'" + text.replace(/\\/g, '\\\\').replace(/'/g, "\\'") + "'");
done({
  request_vendor_parameters: {
    q: 'SELECT Id FROM ContentDocument WHERE Title = ' + literal(title) + ' AND FileExtension = ' + literal(extension) + ' ORDER BY LastModifiedDate DESC LIMIT 1',
  },
});
