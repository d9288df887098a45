"""The same feed over SOAP: the query out of the envelope, and the answer into one."""

import re
import xml.etree.ElementTree as ET

from view import Refusal

NAMESPACE = "http://schemas.microsoft.com/sharepoint/soap/"
MEMBERS = {"query": "Query", "viewFields": "ViewFields", "rowLimit": "RowLimit", "queryOptions": "QueryOptions",
           "changeToken": "ChangeToken"}


def query_of(body):
    """The members of the call, under the names they have in REST."""
    envelope = ET.fromstring(body)
    for element in envelope.iter():
        element.tag = element.tag.rsplit("}", 1)[-1]
    call = envelope.find("Body/GetListItemChangesSinceToken")
    if call is None:
        raise Refusal(500, "", "Server did not recognize the value of HTTP Header SOAPAction.")
    return {MEMBERS[part.tag]: ET.tostring(part[0], "unicode") if len(part) else part.text or ""
            for part in call if part.tag in MEMBERS}


def enveloped(answer):
    return ('<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>'
            '<GetListItemChangesSinceTokenResponse xmlns="%s">%s</GetListItemChangesSinceTokenResponse></soap:Body></soap:Envelope>' % (
                NAMESPACE, re.sub(r"^<\?xml[^>]*\?>", "", answer)))


def fault(text):
    """Without an errorcode, as a malformed token is answered."""
    return ('<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>'
            "<soap:Fault><faultcode>soap:Server</faultcode><faultstring>Exception of type 'Microsoft.SharePoint.SoapServer."
            "SoapServerException' was thrown.</faultstring><detail><errorstring xmlns=\"%s\">%s</errorstring></detail></soap:Fault>"
            "</soap:Body></soap:Envelope>" % (NAMESPACE, text))
