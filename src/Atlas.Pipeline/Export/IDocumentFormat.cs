using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Export;

/// <summary>A form in which documents leave. One caller.</summary>
internal interface IDocumentFormat
{
    /// <exception cref="InvalidDataException">The document is damaged; nothing of it was written, and the next one may come.</exception>
    /// <exception cref="IOException">The output cannot be written; it is of no use from then on.</exception>
    void Write(StoredDocument document);

    /// <summary>Writes what is left. Nothing is written after it.</summary>
    void Complete();
}
