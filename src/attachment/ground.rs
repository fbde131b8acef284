//! Why something is refused, in a word for programs: the sentence beside it is for people, and may be put otherwise.

words! {
    /// Why something is refused.
    Ground {
        /// It is not there, or it is somebody else's.
        NotFound = "not-found",
        /// A program asks in its own name.
        NotAPerson = "not-a-person",
        /// The scopes of the token do not allow it.
        Scope = "scope",
        /// A part of the address or of the query is not of its kind.
        Address = "address",
        /// Not by this method.
        Method = "method",
        /// Of a media type that is not read.
        MediaType = "media-type",
        /// No JSON, or with a character that no text can hold.
        Json = "json",
        /// JSON, or a form, of another shape.
        Shape = "shape",
        /// An EMR's list that cannot be read.
        EmrList = "emr-list",
        /// Too many attempts matched nobody.
        Often = "too-many-attempts",
        /// It could not be done now.
        NotNow = "not-now",
        /// Nothing is kept without consent.
        Consent = "consent",
        /// They cannot be reached by the channel.
        Reach = "reach",
        /// No e-mail address.
        Email = "email",
        /// No telephone number.
        Phone = "phone",
        /// A postal code that is none, or in none of the communities.
        PostalCode = "postal-code",
        /// Neither a postal code nor a community on file, or both.
        Home = "home",
        /// Lines of an address.
        Lines = "address-lines",
        /// A distance that is not offered.
        Distance = "distance",
        /// No tag of a language.
        Language = "language",
        /// A condition that is not on file, or too many.
        Condition = "condition",
        /// No name.
        Name = "name",
        /// A text that is too long or leads away.
        Text = "text",
        /// Nobody is named, too many are, or somebody twice.
        People = "people",
        /// No personal health number.
        Phn = "phn",
        /// Somebody does not match provincial records, or waits already.
        NoMatch = "no-match",
        /// For agents of the registry alone.
        NotAnAgent = "not-an-agent",
        /// A number out of its bounds.
        Number = "number",
        /// A mix that is not a whole.
        Mix = "mix",
        /// A day that is over, or a period that ends before it begins.
        Day = "day",
        /// No answer, or one that lacks its reason.
        Answer = "answer",
        /// The registration came to its end.
        Ended = "ended",
        /// The panel has a list that is not answered.
        OpenList = "open-list",
        /// More people than there is room for.
        NoRoom = "no-room",
        /// Somebody can no longer be proposed.
        NoCandidate = "no-candidate",
        /// Somebody was answered already, or time was up.
        Answered = "answered",
        /// A family would be split.
        Split = "family-split",
        /// Somebody is on the panel already.
        OnPanel = "on-panel",
        /// Somebody died, or their number is not in use.
        OutOfUse = "out-of-use",
        /// Somebody has another provider.
        OtherProvider = "other-provider",
        /// There is nothing to call about any more.
        Called = "called",
    }
}
